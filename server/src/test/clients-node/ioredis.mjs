// ioredis against the server on port argv[2], with the password argv[3] if there is one.
// Prints "ok" and ends with 0, or throws.
import assert from 'node:assert/strict';
import { Cluster, Redis } from 'ioredis';

const port = Number(process.argv[2]);
const password = process.argv[3];
const connection = { host: '127.0.0.1', port, password, maxRetriesPerRequest: 0, retryStrategy: () => null };

/** What a rejected promise was rejected with. */
async function failureOf(promise) {
  try {
    await promise;
  } catch (error) {
    return error.message;
  }
  assert.fail('expected an error');
}

async function commands(redis, protocol, db) {
  assert.equal(await redis.ping(), 'PONG');
  assert.match(
    await redis.client('INFO'),
    new RegExp(` name=io-${protocol} .* db=${db} .* resp=${protocol} lib-name=ioredis`),
  );
  assert.equal(await redis.set('k', 'v', 'EX', 100), 'OK');
  assert.equal(await redis.get('k'), 'v');
  assert.equal(await redis.get('none'), null);
  assert.equal(await redis.set('k', 'w', 'NX'), null);
  assert.equal(await redis.incrby('n', 5), 5);
  assert.equal(await redis.mset({ a: '1', b: '2' }), 'OK');
  assert.deepEqual(await redis.mget('a', 'none', 'b'), ['1', null, '2']);
  assert.match(await failureOf(redis.incr('k')), /^ERR value is not an integer or out of range$/);
  assert.match(await failureOf(redis.call('NOSUCH')), /^ERR unknown command 'NOSUCH'/);
  const bytes = Buffer.from([0, 13, 10, 255]);
  await redis.set('bytes', bytes);
  assert.deepEqual(await redis.getBuffer('bytes'), bytes);
  assert.deepEqual(await redis.bitfield('bits', 'SET', 'u8', 0, 200, 'GET', 'u4', 0), [0, 12]);

  const dump = await redis.dumpBuffer('k');
  assert.equal(await redis.restore('copy', 0, dump), 'OK');
  assert.equal(await redis.get('copy'), 'v');

  const pipeline = redis.pipeline();
  for (let i = 0; i < 3000; i++) {
    pipeline.set(`scanned:${i}`, i);
  }
  assert.ok((await pipeline.exec()).every(([error, reply]) => error === null && reply === 'OK'));
  const found = [];
  for await (const keys of redis.scanStream({ match: 'scanned:*', count: 500 })) {
    found.push(...keys);
  }
  assert.equal(found.length, 3000);
  assert.equal(new Set(found).size, 3000);

  assert.deepEqual(await redis.multi().incr('n').get('n').exec(), [[null, 6], [null, '6']]);
  const other = redis.duplicate();
  await redis.watch('n');
  await other.incr('n');
  assert.equal(await redis.multi().set('n', 0).exec(), null);
  assert.equal(await other.get('n'), '7');
  await other.quit();
  assert.equal(await redis.flushdb(), 'OK');
}

for (const protocol of [2, 3]) {
  const db = protocol + 2;
  const redis = new Redis({ ...connection, protocol, db, connectionName: `io-${protocol}` });
  await commands(redis, protocol, db);
  await redis.quit();
}

const cluster = new Cluster([{ host: '127.0.0.1', port }], { redisOptions: { password } });
await Promise.all(Array.from({ length: 200 }, (_, i) => cluster.set(`cluster:${i}`, i)));
assert.equal(await cluster.get('cluster:199'), '199');
assert.deepEqual(cluster.nodes('master').map((node) => node.options.port), [port]);
await cluster.quit();

if (password) {
  const stranger = new Redis({ ...connection, password: 'wrong', lazyConnect: true });
  stranger.on('error', () => {});
  assert.match(await failureOf(stranger.connect().then(() => stranger.get('k'))), /WRONGPASS|NOAUTH|closed/);
  stranger.disconnect();
}
console.log('ok');
