// Before anything is shown: the colours that were chosen here, so that a dark page never flashes white.

{
  const theme = localStorage.getItem('theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme
}
