// Runs the public test suite for HTTP caches (http-tests/cache-tests) against larder's proxy and
// prints what passes, by kind and by group.
//
//   node tests/cache-tests/run.mjs                     the npm release 0.4.5, as a shared cache
//   node tests/cache-tests/run.mjs --private           as a private cache
//   node tests/cache-tests/run.mjs --suite PATH        a checkout of the suite (its own npm
//                                                      packages are installed if they are missing)
//   node tests/cache-tests/run.mjs --check             fails if less passes than expected.json says
//   node tests/cache-tests/run.mjs --id TEST           one test, with what was sent and received
//
// Everything it starts listens on free ports of the loopback interface and is stopped by process id.

import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '../..')
const RELEASE = '0.4.5'

const options = parse(process.argv.slice(2))
const scratch = mkdtempSync(join(tmpdir(), 'cache-tests-'))
const running = []

try {
  process.exitCode = await main()
} finally {
  running.forEach(child => child.kill())
  rmSync(scratch, { recursive: true, force: true })
}

async function main () {
  const suite = options.suite ? checkout(resolve(options.suite)) : release()
  const proxy = options.proxy ? resolve(options.proxy) : buildProxy()
  const origin = await startServer(suite)
  const cache = await startProxy(proxy, origin)
  const results = await runSuite(suite, cache)
  if (options.id) return 0
  const report = await summarise(suite, results)
  print(suite, report)
  return options.check ? check(suite, report) : 0
}

function parse (args) {
  const parsed = { mode: 'shared' }
  while (args.length > 0) {
    const arg = args.shift()
    if (arg === '--private') parsed.mode = 'private'
    else if (arg === '--check') parsed.check = true
    else if (['--suite', '--proxy', '--id', '--out'].includes(arg)) parsed[arg.slice(2)] = args.shift()
    else throw new Error(`unknown argument ${arg}`)
  }
  return parsed
}

// The npm release, installed below the build folder.
function release () {
  const folder = join(process.env.CARGO_TARGET_DIR || join(root, 'target'), 'cache-tests')
  const path = join(folder, 'node_modules', 'http-cache-tests')
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"private": true}\n')
    npm(folder, ['install', '--no-audit', '--no-fund', '--omit=dev', `http-cache-tests@${RELEASE}`])
  }
  return { name: RELEASE, path, engine: path }
}

function checkout (path) {
  if (!existsSync(join(path, 'node_modules', 'undici'))) {
    npm(path, ['install', '--no-audit', '--no-fund', '--omit=dev'])
  }
  return { name: 'checkout', path, engine: join(path, 'test-engine') }
}

function npm (cwd, args) {
  execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}

function buildProxy () {
  execFileSync('cargo', ['build', '--quiet', '--release', '-p', 'larder-host', '--bin', 'proxy'], {
    cwd: root,
    stdio: 'inherit'
  })
  return join(process.env.CARGO_TARGET_DIR || join(root, 'target'), 'release', 'proxy')
}

async function startServer (suite) {
  const port = await freePort()
  const child = spawn('node', [join(suite.engine, 'server', 'server.mjs')], {
    cwd: suite.path,
    env: {
      ...process.env,
      npm_config_protocol: 'http',
      npm_config_port: String(port),
      npm_config_pidfile: join(scratch, 'server.pid')
    },
    stdio: ['ignore', 'ignore', 'inherit']
  })
  running.push(child)
  await listening(port)
  return `http://127.0.0.1:${port}`
}

async function startProxy (proxy, origin) {
  const port = await freePort()
  const args = ['--listen', `127.0.0.1:${port}`, '--origin', origin, `--${options.mode}`]
  args.push('--stale-on-error', '--post', '--ask-without-validator', '--select-language')
  // A targeted field speaks to caches of many users.
  if (options.mode === 'shared') args.push('--cdn')
  const child = spawn(proxy, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  running.push(child)
  await listening(port)
  return `http://127.0.0.1:${port}`
}

function freePort () {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address()
      probe.close(() => resolve(port))
    })
  })
}

async function listening (port) {
  for (let tries = 0; tries < 200; tries++) {
    try {
      await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' })
      return
    } catch {
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
  throw new Error(`nothing listens on port ${port}`)
}

function runSuite (suite, base) {
  return new Promise((resolve, reject) => {
    const child = spawn('node', ['--no-warnings', join(suite.engine, 'cli.mjs')], {
      cwd: suite.path,
      env: { ...process.env, npm_config_base: base, npm_config_id: options.id || '', npm_package_config_id: '' },
      stdio: ['ignore', options.id ? 'inherit' : 'pipe', 'inherit']
    })
    let output = ''
    child.stdout?.on('data', chunk => { output += chunk })
    child.once('error', reject)
    child.once('close', code => {
      if (code !== 0) return reject(new Error(`the suite ended with ${code}`))
      // The release prints a line of its own before the results.
      resolve(options.id ? {} : JSON.parse(output.slice(output.indexOf('{'))))
    })
  })
}

async function summarise (suite, results) {
  const groups = (await import(pathToFileURL(join(suite.path, 'tests', 'index.mjs')))).default
  const judge = existsSync(join(suite.engine, 'lib', 'results.mjs')) ? 'results.mjs' : 'display.mjs'
  const { determineTestResult } = await import(pathToFileURL(join(suite.engine, 'lib', judge)))
  const known = new Set(groups.flatMap(group => group.tests.map(test => test.id)))
  const rows = groups.map(group => {
    const tests = group.tests.filter(test => known.has(test.id) && results[test.id] !== undefined)
    return {
      name: group.name,
      tests: tests.map(test => ({
        id: test.id,
        name: test.name,
        kind: test.kind || 'required',
        passed: results[test.id] === true && dependenciesHold(determineTestResult, groups, test, results),
        why: results[test.id] === true ? 'a test it depends on' : String(results[test.id][1])
      }))
    }
  })
  const all = rows.flatMap(row => row.tests)
  const count = kind => {
    const those = all.filter(test => test.kind === kind)
    return { passed: those.filter(test => test.passed).length, of: those.length }
  }
  return { rows, all, required: count('required'), optimal: count('optimal'), check: count('check') }
}

function dependenciesHold (determineTestResult, groups, test, results) {
  const with_ = determineTestResult(groups, test.id, results, true)
  const without = determineTestResult(groups, test.id, results, false)
  return with_[2] === without[2]
}

function print (suite, report) {
  const share = ({ passed, of }) => of === 0 ? '' : `${passed}/${of}`
  console.log(`\ncache-tests ${suite.name}, ${options.mode} cache\n`)
  console.log('| group | required | optimal | check |')
  console.log('|---|---|---|---|')
  for (const { name, tests } of report.rows) {
    const cells = ['required', 'optimal', 'check'].map(kind => {
      const those = tests.filter(test => test.kind === kind)
      return share({ passed: those.filter(test => test.passed).length, of: those.length })
    })
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
  console.log(`| **all** | **${share(report.required)}** | **${share(report.optimal)}** | ${share(report.check)} |`)
  const failures = report.all.filter(test => !test.passed && test.kind !== 'check')
  if (failures.length > 0) console.log('\nNot passed:')
  for (const { id, kind, why } of failures) console.log(`- ${kind} ${id}: ${why}`)
  if (options.out) writeFileSync(options.out, JSON.stringify(report.all, null, 1))
}

function check (suite, report) {
  const expected = JSON.parse(readFileSync(join(here, 'expected.json'), 'utf8'))[suite.name]?.[options.mode]
  if (!expected) throw new Error(`expected.json has nothing for ${suite.name}, ${options.mode}`)
  let code = 0
  for (const kind of ['required', 'optimal']) {
    if (report[kind].passed < expected[kind]) {
      console.error(`${kind}: ${report[kind].passed} pass, expected at least ${expected[kind]}`)
      code = 1
    }
  }
  // A line that continuous integration reads.
  console.log(`${report.required.passed + report.optimal.passed} passed, ${code} failed`)
  return code
}
