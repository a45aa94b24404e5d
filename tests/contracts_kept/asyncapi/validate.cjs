// Reads a list of AsyncAPI documents (JSON) on standard input; prints, document by document, what
// the parser says of it. Its packages lie elsewhere: run it with NODE_PATH set.
const { readFileSync } = require("node:fs");
const { Parser } = require("@asyncapi/parser");

async function judge(document) {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  return diagnostics.map(({ severity, message, path }) => ({
    severity,
    message,
    path: path.join("/"),
  }));
}

async function main() {
  const said = [];
  for (const document of JSON.parse(readFileSync(0, "utf8"))) said.push(await judge(document));
  process.stdout.write(JSON.stringify(said));
}

main();
