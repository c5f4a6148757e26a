// Taking a large JSON List apart.
import t from 'tap';
import { jsonItems } from '../../../lib/sources/file/json-items.js';

const filler = Array.from({ length: 3000 }, (_, i) => ({ name: `item "${i}" \\ ]},{`, deep: [[{ i }]] }));
const list = { apiVersion: 'v1', kind: 'List', items: filler };

function valuesIn(text: string): unknown[] | undefined {
  const search = jsonItems(text);
  let step = search.next();
  while (!step.done) step = search.next();
  return step.value?.map(({ start, end }) => JSON.parse(text.slice(start, end)));
}

t.test('the items are found, however the list is written', async (t) => {
  const { items, ...frame } = list;
  for (const text of [
    JSON.stringify(list),
    JSON.stringify(list, null, 2),
    `\n${JSON.stringify({ items, ...frame })}\n`,
  ]) {
    t.strictSame(valuesIn(text), filler);
  }
  t.strictSame(valuesIn(JSON.stringify({ ...list, items: [1, 'x'.repeat(70_000), null] })), [
    1,
    'x'.repeat(70_000),
    null,
  ]);
});

t.test('what is no List, small, or not well-formed is left alone', async (t) => {
  const text = JSON.stringify(list);
  t.equal(valuesIn('{"kind":"List","items":[1]}'), undefined, 'small');
  t.equal(valuesIn(JSON.stringify(filler)), undefined, 'an array');
  t.equal(valuesIn(JSON.stringify({ ...list, kind: 'ServiceList' })), undefined, 'another kind');
  t.equal(valuesIn(JSON.stringify({ kind: 'List', items: [], x: 'x'.repeat(70_000) })), undefined, 'empty');
  t.equal(valuesIn(text.slice(0, -1)), undefined, 'cut off');
  t.equal(valuesIn(`${text}{}`), undefined, 'followed by something');
  t.equal(valuesIn(text.replace(']]},{', ']]} {')), undefined, 'a comma is missing');
  t.equal(valuesIn(text.replace(/]}$/, ',]}')), undefined, 'a comma too many');
  t.equal(valuesIn(text.replace('"kind"', 'kind')), undefined, 'a key without quotes');
});

t.test('the search can be left after each item', async (t) => {
  t.equal([...jsonItems(JSON.stringify(list))].length, filler.length);
});
