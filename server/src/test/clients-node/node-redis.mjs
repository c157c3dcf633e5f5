// node-redis against the server on port argv[2], with the password argv[3] if there is one.
// Prints "ok" and ends with 0, or throws.
import assert from 'node:assert/strict';
import { RESP_TYPES, WatchError, createClient, createCluster } from 'redis';

const port = Number(process.argv[2]);
const password = process.argv[3];
const socket = { host: '127.0.0.1', port, reconnectStrategy: false };

async function commands(redis, protocol, db) {
  assert.equal(await redis.ping(), 'PONG');
  assert.match(
    (await redis.sendCommand(['CLIENT', 'INFO'])).toString(),
    new RegExp(` name=node-${protocol} .* db=${db} .* resp=${protocol} lib-name=node-redis`),
  );
  assert.equal(await redis.set('k', 'v', { expiration: { type: 'EX', value: 100 } }), 'OK');
  assert.equal(await redis.get('k'), 'v');
  assert.equal(await redis.get('none'), null);
  assert.equal(await redis.set('k', 'w', { condition: 'NX' }), null);
  assert.equal(await redis.incrBy('n', 5), 5);
  assert.equal(await redis.mSet({ a: '1', b: '2' }), 'OK');
  assert.deepEqual(await redis.mGet(['a', 'none', 'b']), ['1', null, '2']);
  await assert.rejects(redis.incr('k'), { message: 'ERR value is not an integer or out of range' });
  await assert.rejects(redis.sendCommand(['NOSUCH']), { message: /^ERR unknown command 'NOSUCH'/ });
  assert.deepEqual({ ...(await redis.configGet('databases')) }, { databases: '16' });
  assert.equal((await redis.commandCount()), (await redis.command()).length);
  assert.match(await redis.info('server'), /redis_version:7\./);

  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const bytes = Buffer.from([0, 13, 10, 255]);
  await binary.set('bytes', bytes);
  assert.deepEqual(await binary.get('bytes'), bytes);
  const dump = await binary.dump('k');
  assert.equal(await redis.restore('copy', 0, dump), 'OK');
  assert.equal(await redis.get('copy'), 'v');

  // Sent in one go: it pipelines by itself.
  const replies = await Promise.all(Array.from({ length: 3000 }, (_, i) => redis.set(`scanned:${i}`, String(i))));
  assert.ok(replies.every((reply) => reply === 'OK'));
  const found = [];
  for await (const keys of redis.scanIterator({ MATCH: 'scanned:*', COUNT: 500 })) {
    found.push(...keys);
  }
  assert.equal(found.length, 3000);
  assert.equal(new Set(found).size, 3000);

  assert.deepEqual(await redis.multi().incr('n').get('n').exec(), [6, '6']);
  const other = redis.duplicate();
  await other.connect();
  await redis.watch('n');
  await other.incr('n');
  await assert.rejects(redis.multi().set('n', '0').exec(), WatchError);
  assert.equal(await other.get('n'), '7');
  await other.close();
  assert.equal(await redis.flushDb(), 'OK');
}

for (const protocol of [2, 3]) {
  const database = protocol + 6;
  const redis = createClient({ socket, password, database, RESP: protocol, name: `node-${protocol}` });
  await redis.connect();
  await commands(redis, protocol, database);
  await redis.close();
}

const cluster = createCluster({ rootNodes: [{ socket }], defaults: { password } });
await cluster.connect();
await Promise.all(Array.from({ length: 200 }, (_, i) => cluster.set(`cluster:${i}`, String(i))));
assert.equal(await cluster.get('cluster:199'), '199');
assert.deepEqual(cluster.masters.map((node) => node.port), [port]);
await cluster.close();

if (password) {
  const stranger = createClient({ socket, password: 'wrong' });
  stranger.on('error', () => {});
  await assert.rejects(stranger.connect(), { message: /^WRONGPASS/ });
}
console.log('ok');
