// A string in one piece is still the same string.
import t from 'tap';
import { flatString } from '../../lib/model/flat-string.js';

t.test('the text stays the same', async (t) => {
  for (const text of ['', 'a', 'ab', 'default/web:http/TCP/IPv4', '\u{1f600}x'])
    t.equal(flatString(text), text);
});
