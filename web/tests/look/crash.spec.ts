import { test, text } from '../browser/fixtures'
test('crash', async ({ owner, server }) => {
  test.setTimeout(120000)
  owner.on('console', (m) => m.type() === 'error' && console.log(m.type(), m.text().slice(0, 2500)))
  for (let i = 0; i < 15; i++) {
    await owner.goto(`${server.url}/`)
    await owner.getByTestId('new-document').click()
    await Promise.race([
      text(owner).waitFor(),
      owner
        .getByText('The editor stopped')
        .waitFor()
        .then(() => console.log('STOPPED', i)),
    ])
  }
})
