import { newDocument, test, text, type } from '../browser/fixtures'
import { paste, pictureData } from '../browser/clipboard'
test('paper', async ({ owner, server }) => {
  await owner.setViewportSize({ width: 1440, height: 900 })
  await owner.emulateMedia({ colorScheme: 'dark' })
  await newDocument(owner, server)
  await type(owner, '# First page')
  await owner.keyboard.press('Enter')
  const data = await pictureData(owner, 300, 200)
  await paste(owner, {
    html: `<p style="color:red">A <b>bold</b> <mark style="background-color:#fff3a3">marked</mark> word.</p><table data-pm-slice="0 0 []"><tr><th>Name</th><th>Count</th></tr><tr><td style="background-color:#d3f9d8">Pears</td><td>3</td></tr></table><pre><code class="language-js">const a = 1</code></pre><img src="${data}" alt="chart"><blockquote><p>quoted</p></blockquote><p>end</p>`,
  })
  await owner.locator('.picture img').waitFor()
  await owner.keyboard.press('Control+End')
  await owner.keyboard.press('Control+Enter')
  await owner.keyboard.type('second page')
  await owner.pdf({ path: '/tmp/editor-shots/paper.pdf', format: 'A4' })
  await owner.screenshot({ path: '/tmp/editor-shots/before-paper.png' })
  await owner.emulateMedia({ media: 'print' })
  await owner.setViewportSize({ width: 700, height: 990 })
  await owner.screenshot({ path: '/tmp/editor-shots/paper.png' })
})
