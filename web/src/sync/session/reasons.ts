/** What the server says of its troubles, in the reader's language. */
import i18next from 'i18next'

/** The server's words, or what the catalogue has for them or for their code: English is what the server speaks. */
export const inWords = (words: string, code = ''): string =>
  i18next.t([`reason.${code}`, `reason.${words}`], { defaultValue: words })
