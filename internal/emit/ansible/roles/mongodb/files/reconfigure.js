// Brings a replica set to the wanted members, one change for each configuration,
// and waits until the set is whole before the next one. It reads the variable
// `wanted` and prints a line for each change. Run it on the primary.
/* global wanted, rs, sleep, print */

const port = ':27017'

// whole waits until every member is a primary or a secondary.
function whole () {
  for (let i = 0; i < 360; i++) {
    const members = rs.status().members
    if (members.every(m => m.state === 1 || m.state === 2) && members.some(m => m.state === 1)) return
    sleep(5000)
  }
  throw new Error('the set did not become whole within half an hour')
}

function member (w) {
  return {
    _id: w.id, host: w.host + port, priority: w.priority, votes: w.votes, hidden: w.hidden,
    tags: { zone: w.zone, region: w.region }
  }
}

// differs names what is not as it should be; empty when all is.
function differs (have, want) {
  return ['host', 'priority', 'votes', 'hidden'].filter(k => have[k] !== want[k])
    .concat(['zone', 'region'].filter(k => (have.tags || {})[k] !== want.tags[k]))
}

function apply (config, why) {
  config.version++
  rs.reconfig(config)
  print('changed ' + why)
  whole()
}

// next makes one change and says whether there was one to make. A member that
// comes does not vote before it has copied everything; one that goes gives up
// its vote in the same step in which it goes.
function next () {
  const config = rs.conf()
  for (const w of wanted) {
    const want = member(w)
    const at = config.members.findIndex(m => m._id === want._id)
    if (at < 0) {
      config.members.push(Object.assign({}, want, { votes: 0, priority: 0 }))
      apply(config, want.host + ' is added')
      return true
    }
    const what = differs(config.members[at], want)
    if (what.length > 0) {
      config.members[at] = Object.assign({}, config.members[at], want)
      apply(config, want.host + ': ' + what.join(', '))
      return true
    }
  }
  const primary = rs.status().members.find(m => m.state === 1)
  const gone = config.members.filter(m => !wanted.some(w => w.id === m._id))
  const first = gone.find(m => m._id !== primary._id)
  if (first === undefined && gone.length > 0) {
    throw new Error(gone[0].host + ' is to go and leads; let it step down, then run again')
  }
  if (first !== undefined) {
    config.members = config.members.filter(m => m._id !== first._id)
    apply(config, first.host + ' is removed')
    return true
  }
  return false
}

whole()
while (next()) { /* one change for each turn */ }
