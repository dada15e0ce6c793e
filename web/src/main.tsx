import '@mantine/core/styles.css'
import '@mantine/notifications/styles.css'
import './app/app.css'
import { createRoot } from 'react-dom/client'
import { watchPerson } from './app/auth'
import { App } from './app/App'
import { startI18n } from './i18n'
import { registerServiceWorker } from './app/serviceWorker'

const root = document.getElementById('root')
if (root) {
  await startI18n()
  createRoot(root).render(<App />)
  watchPerson()
  registerServiceWorker()
}
