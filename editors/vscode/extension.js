// Starts `chainrule lsp` for Markdown, LaTeX and reStructuredText files. What is underlined and offered comes from the server.

const vscode = require('vscode')
const { LanguageClient } = require('vscode-languageclient/node')

const LANGUAGES = ['markdown', 'latex', 'tex', 'restructuredtext']

let client

async function start() {
  const [command, ...args] = vscode.workspace.getConfiguration('chainrule').get('command')
  client = new LanguageClient(
    'chainrule',
    'chainrule',
    { command, args },
    { documentSelector: LANGUAGES.map((language) => ({ language })) },
  )
  try {
    await client.start()
  } catch (error) {
    client = undefined
    vscode.window.showErrorMessage(
      `chainrule: "${command}" did not start (${error?.message ?? error}). Install it by pip install 'chainrule[lsp]', ` +
        'or give its path in the setting chainrule.command.',
    )
  }
}

async function deactivate() {
  const running = client
  client = undefined
  await running?.stop()
}

async function restart() {
  await deactivate()
  await start()
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand('chainrule.restart', restart),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('chainrule.command') && restart()),
  )
  await start()
}

module.exports = { activate, deactivate }
