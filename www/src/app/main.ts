/** Starts the page: the remembered theme, the components, then everything that a first drop will need. */

import { preload } from '../flowsieve.js';
import { restoreTheme } from './theme.js';
import './app.js';

restoreTheme();

// From here on the page works without a network. Should something be missing, the first analysis says so.
preload().catch(() => {});
