/** What the policy of this page asks of every style that is made in it. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? ''
}
