// The kinds of values that flags take; durations have tests of their own.
import t from 'tap';
import {
  boolean,
  choice,
  duration,
  givenPortRange,
  integer,
  nodeName,
  optionalText,
  positiveDuration,
  text,
} from '../../lib/cli/value-kinds.js';

t.test('booleans are what pflag takes', async (t) => {
  for (const given of ['1', 't', 'T', 'true', 'TRUE', 'True']) t.equal(boolean.parse(given), true, given);
  for (const given of ['0', 'f', 'F', 'false', 'FALSE', 'False']) t.equal(boolean.parse(given), false, given);
  for (const given of ['', 'yes', 'tRUE']) t.throws(() => boolean.parse(given), /true and false/, given);
});

t.test('text and node names must not be empty; a node name is trimmed and lower case', async (t) => {
  t.equal(text('file').parse('/etc/x'), '/etc/x');
  t.throws(() => text('file').parse(' '), /must not be empty/);
  t.equal(nodeName.parse(' Node-A '), 'node-a');
  t.throws(() => nodeName.parse(''), /must not be empty/);
  t.equal(optionalText('file').parse(' '), '', 'unless nothing is a choice');
});

t.test('integers stay within their bounds', async (t) => {
  const kind = integer('level', 0, 10);
  t.equal(kind.parse('0'), 0);
  t.equal(kind.parse('10'), 10);
  for (const given of ['-1', '11', '1.5', '1e1', '', 'two']) {
    t.throws(() => kind.parse(given), /whole number from 0 to 10/, given);
  }
});

t.test('durations: zero only where the flag says what it means', async (t) => {
  t.equal(duration.parse('0'), 0);
  t.equal(positiveDuration.parse('1ms'), 1);
  t.throws(() => positiveDuration.parse('0s'), /longer than 0/);
});

t.test('a choice lists what there is', async (t) => {
  t.equal(choice(['nft', 'legacy']).parse('nft'), 'nft');
  t.throws(() => choice(['nft', 'legacy']).parse('ipvs'), /Allowed are: nft, legacy\./);
  t.throws(() => choice(['node']).parse('linux'), /Allowed is only: node\./);
});

t.test('a range that is given has ports', async (t) => {
  t.same(givenPortRange.parse('20000+9999'), { first: 20_000, last: 29_999 });
  for (const none of ['0', '', '0-0']) t.throws(() => givenPortRange.parse(none), /must name ports/);
});
