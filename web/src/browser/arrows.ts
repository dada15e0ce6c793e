/** Where an arrow key leads along a line, in the direction one reads: 1 onward, -1 back, 0 for every other key. */
export function sideways(key: string): 1 | -1 | 0 {
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return 0
  return (key === 'ArrowRight') === (document.dir !== 'rtl') ? 1 : -1
}
