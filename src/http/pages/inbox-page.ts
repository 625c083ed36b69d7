/** The page of the embedded inbox: what would have been sent, the newest first. Follows new messages until told to pause. */
import { baseStyle, makePage, type Page } from './page.ts'

/** Text goes in by `textContent` only: a message is never markup. */
const script = `
const list = document.getElementById('messages')
const note = document.getElementById('note')
const follow = document.getElementById('follow')
let shown = ''
const element = (name, className, text) => {
  const made = document.createElement(name)
  made.className = className
  made.textContent = text
  return made
}
const card = message => {
  const item = element('li', message.channel, '')
  const head = element('p', 'head', message.channel === 'sms' ? 'SMS' : 'Email')
  head.append(' to ', element('strong', '', message.to), ' ')
  const time = element('time', '', new Date(message.sentAt).toLocaleTimeString())
  time.dateTime = message.sentAt
  head.append(time)
  item.append(head)
  if (message.subject) item.append(element('p', 'subject', message.subject))
  item.append(element('pre', '', message.text))
  return item
}
const refresh = async () => {
  if (!follow.checked) return
  try {
    const answer = await fetch('/inbox/messages')
    if (!answer.ok) throw new Error(String(answer.status))
    const { messages } = await answer.json()
    const ids = messages.map(message => message.id).join()
    const said = messages.length === 0 ? 'Nothing was sent yet.' : messages.length === 1 ? '1 message' : messages.length + ' messages'
    if (note.textContent !== said) note.textContent = said
    if (ids === shown) return
    shown = ids
    const newestFirst = messages.toSorted((a, b) => Date.parse(b.sentAt) - Date.parse(a.sentAt))
    list.replaceChildren(...newestFirst.map(card))
  } catch {
    note.textContent = 'The service does not answer.'
  }
}
refresh()
setInterval(refresh, 2000)
follow.addEventListener('change', refresh)
`

export const inboxPage: Page = makePage({
  title: 'portal-mfa: inbox',
  style: `${baseStyle}
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; justify-content: space-between }
h1 { margin: 0 }
label { display: inline-flex; gap: .5rem; align-items: center; min-height: 1.5rem }
#note { color: var(--dim) }
ul { list-style: none; padding: 0; display: grid; gap: .75rem }
li { border: 1px solid var(--line); border-left: .3rem solid var(--accent); border-radius: .4rem; padding: .6rem .9rem }
li p { margin: 0 }
.head, time { color: var(--dim) }
.head strong { color: CanvasText; font-weight: 600 }
.subject { font-weight: 600; margin-top: .25rem }
pre { margin: .4rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere }
`,
  script,
  body: `<header>
<h1>Inbox</h1>
<label><input type="checkbox" id="follow" checked> Follow new messages</label>
</header>
<main>
<p>Embedded mode sends nothing: what would have gone out as SMS or email is here. Never use it in production.</p>
<p id="note" role="status">Loading…</p>
<ul id="messages" aria-label="Messages, the newest first"></ul>
<noscript><p>Without JavaScript read <a href="/inbox/messages">/inbox/messages</a>.</p></noscript>
</main>`,
})
