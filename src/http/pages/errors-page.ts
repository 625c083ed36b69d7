/** The page that the `type` of every problem document points to. */
import { type ErrorCode, errorVocabulary } from '../../domain/errors.ts'
import { statusOf } from '../problem.ts'
import { errorAdvice } from '../schemas/error-advice.ts'
import { baseStyle, escapeHtml, makePage, type Page } from './page.ts'

const codes = Object.keys(errorVocabulary) as ErrorCode[]

/** Backticks of the advice as code. */
const inline = (text: string): string => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')

const rows = codes.map(
  code => `<section id="${code}" aria-labelledby="${code}-title">
<h2 id="${code}-title"><code>${code}</code> <span>${statusOf(code)}</span></h2>
<p><strong>${escapeHtml(errorVocabulary[code].title)}.</strong> ${inline(errorAdvice[code])}</p>
</section>`,
)

export const errorsPage: Page = makePage({
  title: 'portal-mfa: errors',
  style: `${baseStyle}
section { border-top: 1px solid var(--line); padding: .25rem .75rem }
section:target { outline: 2px solid var(--accent); outline-offset: -2px }
h2 { font-size: 1.05rem; margin: .75rem 0 .25rem }
h2 span { color: var(--dim); font-weight: normal }
p { margin: .25rem 0 .75rem }
`,
  body: `<main>
<h1>Errors</h1>
<p>Problem documents (RFC 9457). <code>code</code> is the contract; treat one you do not know by its status. See also the <a href="/docs">API reference</a>.</p>
${rows.join('\n')}
</main>`,
})

/** The same as Markdown, for reading beside the code. */
export const errorsMarkdown = (): string =>
  [
    '# Errors',
    '',
    'Generated from `src/domain/errors.ts` by `npm run openapi`. `code` is the contract; treat one you do not know by its status.',
    '',
    '| status | code | means | what to do |',
    '| --- | --- | --- | --- |',
    ...codes.map(code => `| ${statusOf(code)} | \`${code}\` | ${errorVocabulary[code].title} | ${errorAdvice[code]} |`),
    '',
  ].join('\n')
