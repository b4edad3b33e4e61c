/** Holds the log against what truly happened: each effect of each operation once, nothing else, and no unit missing. */

/** Exact: a decimal string in units of 10^-`decimals`. */
const units = (text, decimals) => {
  const [whole, fraction = ""] = text.split(".")
  return BigInt(whole + fraction.padEnd(decimals, "0"))
}

const usdc = (text) => units(text, 6)
const sum = (amounts) => amounts.reduce((all, one) => all + one, 0n)

/** What Alpaca keeps of a withdrawal in the sandbox. */
const fee = usdc("0.25")

const effects = {
  mint: ({ id, quantity }, { broker }) => {
    const requests = broker.requests.filter((one) => one.type === "mint" && one.clientRequestId === id)
    const mined = broker.issuerTransactions.filter((one) =>
      one.status === "mined" && requests.some((request) => request.id === one.requestId)
    )
    return {
      requests: requests.filter((one) => units(one.quantity, 9) === units(quantity, 9)).length,
      mints: mined.filter((one) => units(one.amount, 18) === units(quantity, 18)).length
    }
  },
  redeem: ({ quantity }, { broker }) => {
    const sent = broker.redemptionTransfers.filter((one) => units(one.amount, 18) === units(quantity, 18))
    const isOf = ({ txHash }) => sent.some(({ hash }) => hash.toLowerCase() === txHash?.toLowerCase())
    return {
      transfers: sent.length,
      journaled:
        broker.requests.filter((one) => one.type === "redeem" && one.status === "completed" && isOf(one)).length
    }
  },
  "alpaca-to-base": (operation, ledger) =>
    rebalance(operation, ledger, {
      withdrawn: ledger.broker.wallets.transfers.filter((one) => one.direction === "OUTGOING"),
      burned: usdc(operation.amount) - fee,
      deposited: ledger.usdc.vaultMoves.filter((one) => one.type === "deposit")
    }),
  "base-to-alpaca": (operation, ledger) =>
    rebalance(operation, ledger, {
      withdrawn: ledger.usdc.vaultMoves.filter((one) => one.type === "withdraw"),
      burned: usdc(operation.amount),
      deposited: ledger.broker.wallets.receipts
    })
}

/** Every rebalance has an amount of its own, by which its steps are known. */
const rebalance = ({ amount }, { usdc: { burns, mints } }, { burned, deposited, withdrawn }) => {
  const of = burns.filter((one) => usdc(one.amount) === burned)
  const minted = mints.filter(({ nonce }) => of.some((burn) => burn.nonce === nonce))
  return {
    withdrawn: withdrawn.filter((one) => usdc(one.amount) === usdc(amount)).length,
    burned: of.length,
    minted: minted.length,
    deposited: deposited.filter((one) => minted.some((mint) => usdc(mint.amount) === usdc(one.amount))).length
  }
}

/** Each was counted under its operation; whatever there is beyond that belongs to nobody. */
const totals = ({ broker, usdc: { burns, mints, vaultMoves } }) => ({
  mint: broker.requests.filter((one) => one.type === "mint").length,
  redeem: broker.redemptionTransfers.length,
  withdrawals: broker.wallets.transfers.filter((one) => one.direction === "OUTGOING").length +
    vaultMoves.filter((one) => one.type === "withdraw").length,
  burns: burns.length,
  mints: mints.length,
  deposits: broker.wallets.receipts.length + vaultMoves.filter((one) => one.type === "deposit").length
})

/** Where everything must be, by what the log says was credited, and by what was asked where nothing is taken off. */
const places = (operations, before) => {
  const of = (kind) => operations.filter((one) => one.kind === kind)
  const asked = (kind, field, decimals) => sum(of(kind).map((one) => units(one[field], decimals)))
  const credited = (kind) => sum(of(kind).map(({ data }) => usdc(data.credited ?? "0")))
  const toBase = asked("alpaca-to-base", "amount", 6)
  const toAlpaca = asked("base-to-alpaca", "amount", 6)
  return {
    shares: before.shares - asked("mint", "quantity", 9) + asked("redeem", "quantity", 9),
    tokens: before.tokens + asked("mint", "quantity", 18) - asked("redeem", "quantity", 18),
    alpaca: before.alpaca - toBase + credited("base-to-alpaca"),
    vault: before.vault - toAlpaca + credited("alpaca-to-base"),
    ethereumWallet: before.ethereumWallet,
    baseWallet: before.baseWallet,
    inTransit: 0n
  }
}

/** Where everything is. */
export const found = async (sandbox) => {
  const { broker, usdc: { balances } } = await sandbox.ledger()
  const { available, incoming, outgoing } = broker.wallets.books
  return {
    shares: units(broker.shares.AAPL.available, 9) + units(broker.shares.AAPL.inTransit, 9),
    tokens: await sandbox.tokens(),
    alpaca: usdc(available),
    vault: usdc(balances.vault),
    ethereumWallet: usdc(balances.ethereumWallet),
    baseWallet: usdc(balances.baseWallet),
    inTransit: usdc(balances.inTransit) + usdc(outgoing) + usdc(incoming)
  }
}

const differences = (what, expected, actual) =>
  Object.entries(expected).flatMap(([name, value]) =>
    actual[name] === value ? [] : [{ detail: `${what} ${name}: ${actual[name]}, expected ${value}` }]
  )

/** Everything that is not as it must be: `id` where it is about one operation. `operations` as they were ordered. */
export const violations = async (sandbox, ordered, before) => {
  const run = (...args) => sandbox.start(...args).ended
  const faults = []
  const resumed = await run("resume", "--json")
  if (resumed.code !== 0) {
    faults.push({ detail: `resume ends with ${resumed.code}: ${resumed.stdout}${resumed.stderr}` })
  }
  let verified = await run("verify", "--json")
  // A chain that could not be asked is no verdict.
  for (let again = 0; verified.code === 3 && again < 5; again++) verified = await run("verify", "--json")
  if (verified.code !== 0) faults.push({ detail: `verify ends with ${verified.code}: ${verified.stdout}` })
  const shown = new Map(JSON.parse((await run("list", "--json")).stdout).map((one) => [one.id, one]))
  if (shown.size !== ordered.length) {
    faults.push({ detail: `${shown.size} operations in the log, ${ordered.length} ordered` })
  }
  const operations = ordered.map((one) => ({ ...one, data: shown.get(one.id)?.data ?? {} }))
  const ledger = await sandbox.ledger()
  for (const operation of operations) {
    const { id, kind } = operation
    const { settled, state, succeeded } = shown.get(id) ?? {}
    if (succeeded !== true) faults.push({ id, detail: `${kind} is ${state}, settled: ${settled}` })
    for (const [effect, times] of Object.entries(effects[kind](operation, ledger))) {
      if (times !== 1) faults.push({ id, detail: `${kind}: ${effect} ${times} times` })
    }
  }
  const count = (...kinds) => operations.filter(({ kind }) => kinds.includes(kind)).length
  const rebalances = count("alpaca-to-base", "base-to-alpaca")
  faults.push(...differences("in all", {
    mint: count("mint"),
    redeem: count("redeem"),
    withdrawals: rebalances,
    burns: rebalances,
    mints: rebalances,
    deposits: rebalances
  }, totals(ledger)))
  faults.push(...differences("balance", places(operations, before), await found(sandbox)))
  return faults
}
