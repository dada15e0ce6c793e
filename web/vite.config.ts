import { createReadStream, createWriteStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { defineConfig } from 'vitest/config'

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
        globPatterns: ['**/*.{js,css,svg,woff2}'],
        navigateFallback: null,
        cleanupOutdatedCaches: true,
        runtimeCaching: [
          {
            // The page is asked for first; only without a network does the kept copy open the app.
            urlPattern: ({ request, url }) =>
              request.mode === 'navigate' && !url.pathname.startsWith('/api/') && !url.pathname.startsWith('/metrics'),
            handler: 'NetworkFirst',
            options: {
              cacheName: 'page',
              networkTimeoutSeconds: 4,
              plugins: [
                {
                  // Every address is the same page: one copy serves them all offline.
                  cacheKeyWillBeUsed: async () => '/',
                },
              ],
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
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8000', '/collab': { target: 'ws://127.0.0.1:8000', ws: true } } },
  test: { environment: 'jsdom', include: ['tests/unit/**/*.test.{ts,tsx}'] },
})
