/**
 * Elements that the first paint does without, in one script: what two scripts share with the first would
 * be cut into pieces of its own.
 */

import './connect.js';
import './drift.js';
import './evaluations.js';
import './rejects.js';
import './sweep.js';
