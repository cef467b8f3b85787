// Before anything is shown: the colours that were chosen here, so that a dark page never flashes white.

try {
  const theme = localStorage.getItem('theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme
} catch {
  // a browser that is to keep nothing for this page has kept no choice
}
