import { createReadStream, createWriteStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'

const out = '../src/quire/static'

/** Compresses text files once at build time; the server sends them as they are. */
function compress(): Plugin {
  const walk = (folder: string): string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = join(folder, name)
      return statSync(path).isDirectory() ? walk(path) : [path]
    })
  return {
    name: 'compress',
    apply: 'build',
    enforce: 'post',
    async closeBundle() {
      for (const path of walk(out).filter((name) => /\.(js|css|svg|json|webmanifest)$/.test(name))) {
        await pipeline(createReadStream(path), createGzip({ level: 9 }), createWriteStream(`${path}.gz`))
      }
    },
  }
}

/** The sentence for browsers too old to load the app, in every language: nothing there can choose one. */
function unsupported(): Plugin {
  const folder = 'src/i18n'
  const sentences = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort((a, b) => Number(b === 'en.json') - Number(a === 'en.json'))
    .map((name) => {
      const { unsupported: sentence } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { unsupported: string }
      return `<p lang="${name.replace('.json', '')}">${sentence}</p>`
    })
  return {
    name: 'unsupported',
    transformIndexHtml: (html) => html.replace('<!-- unsupported -->', sentences.join('')),
  }
}

export default defineConfig({
  plugins: [
    react(),
    unsupported(),
    VitePWA({
      strategies: 'generateSW',
      registerType: 'prompt',
      injectRegister: false,
      manifest: {
        name: 'Quire',
        short_name: 'Quire',
        description: 'Write together, lose nothing',
        id: '/',
        start_url: '/',
        scope: '/',
        categories: ['productivity'],
        display: 'standalone',
        background_color: '#f4f5f7',
        theme_color: '#2f5d50',
        icons: [
          { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
          { src: '/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: '/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: '/icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        globPatterns: ['**/*.{html,js,css,svg,png,woff2}'],
        navigateFallback: null,
        // The kept page is for when nobody answers: the address / does not open it.
        directoryIndex: 'none',
        cleanupOutdatedCaches: true,
        // The first visit, too, finds the parts it loads later in the worker's store, even after the next release.
        clientsClaim: true,
        runtimeCaching: [
          {
            // The page is asked for first. Only without an answer (no network, a proxy whose server is away, too many
            // requests from one's address) is the app opened from the worker's store, page and parts of one release.
            urlPattern: ({ request, url }) =>
              request.mode === 'navigate' && !/^\/(api\/|metrics$|healthz$|readyz$)/.test(url.pathname),
            handler: async ({ request }) => {
              const patience = new Promise<undefined>((resolve) => setTimeout(resolve, 4000))
              const answer = await Promise.race([fetch(request), patience]).catch(() => undefined)
              if (answer && answer.status < 500 && answer.status !== 429) return answer
              return (await caches.match('/index.html', { ignoreSearch: true })) ?? fetch(request)
            },
          },
        ],
      },
    }),
    compress(),
  ],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: 'es2022',
    // light-dark() is left to the browser: lowered, it would not follow Mantine's colour scheme.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              // What most pages show themselves with is one file: by itself each piece would be one, and packed worse.
              name: 'interface',
              test: /node_modules\/(@mantine|@tabler|@tanstack|@floating-ui|react|use-|i18next|scheduler|clsx|get-nonce|tslib)/,
              minShareCount: 3,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8000', '/collab': { target: 'ws://127.0.0.1:8000', ws: true } } },
})
