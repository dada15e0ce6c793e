import { test } from '../browser/fixtures'
test('crash', async ({ owner, server }) => {
  owner.on('console', (m) => console.log(m.type(), m.text().slice(0, 1500)))
  owner.on('pageerror', (e) => console.log('PAGEERROR', e.stack?.slice(0, 1500)))
  await owner.goto(`${server.url}/`)
  await owner.getByTestId('new-document').click()
  await owner.waitForTimeout(3000)
})
