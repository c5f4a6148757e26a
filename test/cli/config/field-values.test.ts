// The kinds of values that fields take: what is right, and the spelling it is kept in.
import t from 'tap';
import type { z } from 'zod';
import * as values from '../../../lib/cli/config/field-values.js';

const right: readonly [z.ZodType, given: unknown, kept: unknown][] = [
  [values.integer(0, 31), 31, 31],
  [values.duration, '90s', '1m30s'],
  [values.duration, '0', '0s'],
  [values.kernelDuration, '5000h', '5000h0m0s'],
  [values.durationOrNanoseconds, 5_000_000_000, '5s'],
  [values.durationOrNanoseconds, '5s', '5s'],
  [values.ipAddress, '010.0.0.1', '010.0.0.1'],
  [values.address(7), '1.2.3.4', '1.2.3.4:7'],
  [values.address(7), '::', '[::]:7'],
  [values.address(7), '[::1]:9', '[::1]:9'],
  [values.address(7), '', ''],
  [values.portRange, '10+5', '10+5'],
  [values.cidr, '10.1.2.3/8', '10.1.2.3/8'],
  [values.clusterCidr, '10.0.0.0/8,fd00::/8', '10.0.0.0/8,fd00::/8'],
  [values.clusterCidr, '', ''],
  [values.nodePortAddresses, ['primary'], ['primary']],
  [values.nodePortAddresses, ['10.0.0.0/8', '192.168.0.0/16'], ['10.0.0.0/8', '192.168.0.0/16']],
  [values.interfaceName, 'br-0123456789ab', 'br-0123456789ab'],
  [values.interfaceName, 'eth0.7', 'eth0.7'],
  [values.minorVersion, '1.35', '1.35'],
  [values.quantity, 0, '0'],
  [values.quantity, '2Ki', '2Ki'],
  [values.nodeName, ' Node-A ', 'node-a'],
];

const wrong: readonly [z.ZodType, given: unknown, message: RegExp][] = [
  [values.integer(0, 31), 32, /from 0 to 31/],
  [values.integer(0, 31), 1.5, /whole number/],
  [values.integer(0), -1, /^expected a whole number, 0 or more$/],
  [values.duration, 30, /duration such as 30s/],
  [values.duration, '30', /^the unit is missing/],
  [values.duration, '-1s', /^it must not be negative/],
  [values.duration, '5000h', /longest duration/],
  [values.period, '0s', /^it must be longer than 0$/],
  [values.durationOrNanoseconds, true, /duration such as 5s/],
  [values.ipAddress, '10.0.0', /IP address/],
  [values.address(7), 'localhost:80', /IP address and a port/],
  [values.portRange, '20-10', /^it ends before it starts/],
  [values.cidr, '10.0.0.0', /CIDR/],
  [values.clusterCidr, '10.0.0.0/8,10.1.0.0/16', /one of each family/],
  [values.clusterCidr, '10.0.0.0/8,fd00::/8,fd01::/16', /one of each family/],
  [values.nodePortAddresses, ['primary', '10.0.0.0/8'], /not both/],
  [values.nodePortAddresses, ['localhost'], /CIDR.*or "primary"/],
  [values.nodePortAddresses, '10.0.0.0/8', /expected a list/],
  [values.interfaceName, 'a-name-too-long-', /at most 15/],
  [values.interfaceName, 'eth+', /network interface/],
  [values.interfaceName, '-i', /network interface/],
  [values.minorVersion, '1.35.0', /such as 1\.35/],
  [values.quantity, 'much', /amount/],
  [values.featureGates, { A: 'yes' }, /true or false/],
  [values.featureGates, 'A=true', /mapping/],
  [values.nodeName, 'a b', /name of a Node/],
];

t.test('what is right is kept in one spelling', async (t) => {
  for (const [schema, given, kept] of right) t.same(schema.parse(given), kept, String(given));
});

t.test('what is wrong is refused with what is expected', async (t) => {
  for (const [schema, given, message] of wrong) {
    t.match(schema.safeParse(given).error?.issues[0]?.message, message, JSON.stringify(given));
  }
});
