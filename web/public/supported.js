// Says that a browser is too old, instead of a blank page. It must run where the app cannot: no modern syntax.
;(function () {
  var known =
    'noModule' in HTMLScriptElement.prototype &&
    window.CSS &&
    CSS.supports('color', 'light-dark(#000, #fff)') &&
    window.Intl &&
    'Segmenter' in Intl
  if (!known) document.getElementById('unsupported').hidden = false
})()
