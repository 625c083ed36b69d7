import type { EmailTexts } from './texts.ts'

/** For readers of plain text, and what spam filters want to see beside HTML. */
export const emailText = (texts: EmailTexts, code: string): string =>
  [texts.greeting, texts.reason, `    ${code}`, texts.validity, texts.otherwise].join('\n\n').concat('\n')

/** The same words. No image, link, style sheet or script: nothing to load, nothing to click. */
export function emailHtml(texts: EmailTexts, code: string, language: string): string {
  const paragraph = (text: string) => `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`
  return `<!doctype html>
<html lang="${escapeHtml(language)}">
<head><meta charset="utf-8"><title>${escapeHtml(texts.subject)}</title></head>
<body style="margin:0;padding:24px;background:#ffffff;color:#1f2328;font:16px/1.5 sans-serif">
<div style="max-width:560px">
${paragraph(texts.greeting)}
${paragraph(texts.reason)}
<p style="margin:0 0 16px;font:bold 32px/1.5 monospace;letter-spacing:4px">${escapeHtml(code)}</p>
${paragraph(texts.validity)}
${paragraph(texts.otherwise)}
</div>
</body>
</html>
`
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, character => entities[character] ?? '')
