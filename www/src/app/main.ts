/** Starts the page, then loads everything that a first drop will need. */

import { preload } from '../flowsieve.js';
import './app.js';

// From here on the page works without a network. Should something be missing, the first analysis says so.
preload()
  .then(() => Promise.all([import('./charts.js'), import('./later.js')]))
  .catch(() => {});
