// Flows of the IoT-23 sample under names that no model knows, and what they are.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST } from './fixtures.js';

/** The sample as it is. */
export const KNOWN = readFileSync(join(DIST, 'samples/iot23-synthetic.csv'), 'utf8').trimEnd();

/** By the model's names, those of the foreign file. */
export const NAMES: Record<string, string> = {
  duration: 'Flow Dur',
  orig_bytes: 'src_bytes',
  resp_bytes: 'dst_bytes',
  conn_state: 'state',
  proto: 'Protocol',
  service: 'svc',
  history: 'Verlauf',
  orig_pkts: 'src_packets',
  orig_ip_bytes: 'srcIpLen',
  resp_pkts: 'dst pkts',
  resp_ip_bytes: 'dstIpLen',
  missed_bytes: 'Verlust',
  'id.orig_p': 'von',
  'id.resp_p': 'nach',
  local_orig: 'innen von',
  local_resp: 'innen nach',
  'id.orig_h': 'A',
  'id.resp_h': 'B',
  tunnel_parents: 'Tunnel',
};

const [header = '', ...ROWS] = KNOWN.split('\n');

/** The sample's header in the foreign names. */
export const FOREIGN_HEADER = header
  .split(',')
  .map((name) => NAMES[name] ?? name)
  .join(',');

/** The sample below that header. */
export const FOREIGN = [FOREIGN_HEADER, ...ROWS].join('\n');

/** The sample with cells between colons and decimal commas, which is not guessed. */
export const COLONS = KNOWN.replaceAll(':', '.')
  .replaceAll(',', ':')
  .replaceAll(/(\d)\.(\d)/g, '$1,$2');
