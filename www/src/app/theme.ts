/**
 * Light or dark: the system's choice until somebody makes another, which is then remembered. Storage may
 * be denied (a page opened from a file, a private window); the choice then lasts as long as the page.
 */

export type Theme = 'light' | 'dark';

const KEY = 'flowsieve-theme';

function remembered(): Theme | null {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : null;
  } catch {
    return null;
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Nothing is lost but the memory of a preference.
  }
}

export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function toggleTheme(): Theme {
  const theme = currentTheme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  remember(theme);
  return theme;
}

// Applied as this module loads, which is before the first component renders.
const theme = remembered();
if (theme) document.documentElement.dataset.theme = theme;
