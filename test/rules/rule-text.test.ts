// Rules as text: what iptables-save writes in several ways is still one rule.
import t from 'tap';
import {
  commentMatch,
  optionOf,
  sameRule,
  sameRules,
  splitRule,
  targetOf,
} from '../../lib/rules/rule-text.js';

t.test('words, with quotes and escapes as iptables-save has them', async (t) => {
  t.same(splitRule('-m comment --comment "a b; c" -j X'), [
    '-m',
    'comment',
    '--comment',
    'a b; c',
    '-j',
    'X',
  ]);
  t.same(splitRule('--comment "say \\"hi\\" \\\\"'), ['--comment', 'say "hi" \\']);
  t.same(splitRule(''), []);
});

t.test('options and where a rule leads', async (t) => {
  const words = splitRule('! -d 10.0.0.0/8 -p tcp -j X');
  t.equal(optionOf(words, '-d'), undefined, 'negated');
  t.equal(optionOf(words, '-p'), 'tcp');
  t.equal(targetOf('-p tcp -j X'), 'X');
  t.equal(targetOf('-p tcp -g Y'), 'Y');
  t.equal(targetOf('-p tcp'), undefined);
  t.equal(targetOf('-m comment --comment "see -j Z" -j X'), 'X');
});

const table: readonly [a: string, b: string, same: boolean][] = [
  ['-p tcp -j A', '-p tcp -j A', true],
  ['-m comment --comment "ns/a" -j A', '-m comment --comment ns/a -j A', true],
  [
    '-p tcp -m comment --comment x -m tcp --dport 1 -j A',
    '-p tcp -m tcp --dport 1 -m comment --comment x -j A',
    true,
  ],
  ['-m conntrack ! --ctstate NEW -j A', '-m conntrack --ctstate NEW -j A', false],
  ['! -d 10.0.0.1/32 -j A', '-d 10.0.0.1/32 -j A', false],
  ['-p tcp ! -d 10.0.0.1/32 -j A', '! -d 10.0.0.1/32 -p tcp -j A', true],
  ['-p tcp -j A', '-p tcp -j B', false],
  ['-p tcp -j A', '-p tcp -g A', false],
];

t.test('sameRule', async (t) => {
  for (const [a, b, same] of table) t.equal(sameRule(a, b), same, `${a} / ${b}`);
  t.ok(sameRules(['-j A', '-j B'], ['-j A', '-j B']));
  t.notOk(sameRules(['-j A', '-j B'], ['-j B', '-j A']), 'the order of rules counts');
  t.notOk(sameRules(['-j A'], ['-j A', '-j B']));
});

t.test('a comment holds 255 bytes of harmless letters', async (t) => {
  t.equal(commentMatch('ns/a:http'), '-m comment --comment "ns/a:http"');
  t.equal(commentMatch('é\n"'), '-m comment --comment "___"');
  t.equal(commentMatch('x'.repeat(300)), `-m comment --comment "${'x'.repeat(255)}"`);
});
