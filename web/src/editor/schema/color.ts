const COLOR = /^(#[0-9a-fA-F]{3,8}|rgba?\([0-9., %]{5,40}\)|[a-zA-Z]{3,30})$/

/** Whether a document may hold a colour that is written so: the server's rule, in the browser. */
export const isColor = (value: string): boolean => COLOR.test(value)
