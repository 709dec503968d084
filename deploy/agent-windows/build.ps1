# Builds dist\idp-agent.exe and its hash. Run it in a clean checkout, in PowerShell, with Python 3.11 (64 bit) installed.
$ErrorActionPreference = "Stop"
$env:SOURCE_DATE_EPOCH = (git log -1 --format=%ct)
$env:PYTHONHASHSEED = "0"
py -3.11 -m venv build\venv
build\venv\Scripts\python -m pip install --require-hashes -r requirements.lock -r requirements-card.lock
build\venv\Scripts\python -m pip install pyinstaller
build\venv\Scripts\pyinstaller --clean --noconfirm deploy\agent-windows\idp-agent.spec
Get-FileHash -Algorithm SHA256 dist\idp-agent.exe | Format-List
