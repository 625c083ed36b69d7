/** A small page of our own: one inline style and at most one inline script, each allowed by its hash and by nothing else. */
import { createHash } from 'node:crypto'

export interface Page {
  html: string
  /** Content-Security-Policy directives that it needs. */
  policy: string
}

interface PageParts {
  title: string
  style: string
  script?: string
  body: string
}

export function makePage({ title, style, script, body }: PageParts): Page {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
${body}
${script ? `<script>${script}</script>\n` : ''}</body>
</html>
`
  const scripts = script ? `; script-src ${hash(script)}; connect-src 'self'` : ''
  return { html, policy: `style-src ${hash(style)}; img-src data:${scripts}` }
}

const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Shared look: readable in light and dark, at any width. */
export const baseStyle = `
:root { color-scheme: light dark; --line: light-dark(#d0d7de, #3d444d); --dim: light-dark(#57606a, #9198a1); --accent: light-dark(#0550ae, #79c0ff) }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem }
code, pre { font-family: ui-monospace, monospace }
a { color: var(--accent) }
h1 { font-size: 1.5rem }
`
