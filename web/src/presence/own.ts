/** This person as the others see them: shown while the page is, in a colour of their own. And what is seen of others. */
import { removeAwarenessStates, type Awareness } from 'y-protocols/awareness'
import { keepApart } from './colors'

/** Who this person is to the others. */
export interface Me {
  id: string
  name: string
  color: string
}

export class OwnPresence {
  private readonly stopColours: () => void

  constructor(
    private readonly awareness: Awareness,
    private readonly user: Me,
  ) {
    awareness.setLocalState({ user })
    this.stopColours = keepApart(awareness)
    window.addEventListener('pagehide', this.hide)
    window.addEventListener('pageshow', this.show)
  }

  /** Others forgot this person when the old socket went: a new clock brings the cursor back at once. */
  renew(): void {
    this.awareness.setLocalState(this.awareness.getLocalState())
  }

  /** Nothing more is heard of the others: nobody is shown as if they were. What they say next is news. */
  forgetOthers(): void {
    const others = [...this.awareness.getStates().keys()].filter((client) => client !== this.awareness.clientID)
    removeAwarenessStates(this.awareness, others, this)
    for (const client of others) this.awareness.meta.delete(client)
  }

  end(): void {
    window.removeEventListener('pagehide', this.hide)
    window.removeEventListener('pageshow', this.show)
    this.stopColours()
    this.awareness.setLocalState(null)
  }

  private readonly hide = (): void => {
    this.awareness.setLocalState(null)
  }

  /** The browser kept the page and shows it again. */
  private readonly show = (event: PageTransitionEvent): void => {
    if (event.persisted) this.awareness.setLocalState({ user: this.user })
  }
}
