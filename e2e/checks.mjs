// Counts the checks of a Node program and prints a line for each, in the format of checks.py.

let passed = 0;
let failed = 0;

// Runs one check; it fails by throwing.
export async function check(what, test) {
  try {
    await test();
    passed++;
    console.log(`ok - ${what}`);
  } catch (error) {
    failed++;
    console.log(`not ok - ${what}`);
    console.log(String(error?.message ?? error).replace(/^/gm, "    "));
  }
}

// Prints the counts and ends the program.
export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}
