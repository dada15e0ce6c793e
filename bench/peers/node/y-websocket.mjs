// The y-websocket server, which knows no authentication. Usage: node y-websocket.mjs PORT
import http from 'node:http'
import { setupWSConnection } from 'y-websocket/bin/utils'
import { WebSocketServer } from 'ws'

const server = http.createServer((_, response) => response.end('ok'))
const sockets = new WebSocketServer({ server })
sockets.on('connection', setupWSConnection)
server.listen(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('ready\n'))
