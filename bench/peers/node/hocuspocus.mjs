// Hocuspocus with a token check. Usage: node hocuspocus.mjs PORT TOKEN [SQLITE_FILE]
import { Server } from '@hocuspocus/server'
import { SQLite } from '@hocuspocus/extension-sqlite'

const [port, token, database] = process.argv.slice(2)
const server = new Server({
  port: Number(port),
  address: '127.0.0.1',
  quiet: true,
  extensions: database ? [new SQLite({ database })] : [],
  async onAuthenticate(data) {
    if (data.token !== token) throw new Error('wrong token')
    return { user: token }
  },
})
await server.listen()
process.stdout.write('ready\n')
process.on('SIGTERM', async () => {
  await server.destroy()
  process.exit(0)
})
