<#
.SYNOPSIS
Trains one run with wnin-train, by uv, and streams it where -Ws says so.

.DESCRIPTION
Every parameter is the wnin-train flag of the same name; what is left out keeps its default.
Anything more is handed on: .\scripts\Run-WNIN.ps1 -Optimizer sgd -Steps 200 --lr 0.05 --seed 3
The exit code is that of wnin-train: 0, 1 for a fault, 2 for bad input, 130 when interrupted.

.PARAMETER Ws
Address of an event server, such as ws://127.0.0.1:8765. Its token comes from WNIN_TOKEN or --token-file.

.PARAMETER Optimizer
Registered name; `uv run wnin optimizers list` shows them.

.PARAMETER Steps
Optimizer steps of the run.

.PARAMETER NoiseMode
none, input_jitter, gradient_gaussian, sgld, parameter_jitter or label_corrupt.

.PARAMETER NoiseMag
Amplitude of the noise in the mode's own unit.

.PARAMETER NoiseSchedule
How the amplitude moves with the step: constant, cosine, cyclical, ...

.PARAMETER NoisePeriod
Steps of one period, for a schedule that has one.

.EXAMPLE
.\scripts\Run-WNIN.ps1 -Optimizer adamw -Steps 500 -NoiseMode sgld -NoiseMag 1e-4 -NoiseSchedule cosine -NoisePeriod 250
#>
[CmdletBinding(PositionalBinding = $false)]
param(
    [string] $Ws,
    [string] $Optimizer,
    [string] $Steps,
    [string] $NoiseMode,
    [string] $NoiseMag,
    [string] $NoiseSchedule,
    [string] $NoisePeriod,
    [Parameter(ValueFromRemainingArguments = $true)] [string[]] $Rest
)

$ErrorActionPreference = 'Stop'

# Text, not numbers: wnin-train checks every value itself and says what is allowed.
$flags = [ordered]@{
    Ws            = '--ws'
    Optimizer     = '--optimizer'
    Steps         = '--steps'
    NoiseMode     = '--noise-mode'
    NoiseMag      = '--noise-mag'
    NoiseSchedule = '--noise-schedule'
    NoisePeriod   = '--noise-period'
}

$arguments = @()
foreach ($name in $flags.Keys) {
    if ($PSBoundParameters.ContainsKey($name)) {
        $arguments += $flags[$name]
        $arguments += $PSBoundParameters[$name]
    }
}
if ($Rest) { $arguments += $Rest }

if (-not (Get-Command uv -ErrorAction SilentlyContinue)) {
    [Console]::Error.WriteLine('error: uv is not installed; `pip install uv` installs it.')
    exit 1
}

Push-Location (Split-Path -Parent $PSScriptRoot)
try {
    & uv run wnin-train @arguments
    exit $LASTEXITCODE
}
finally {
    Pop-Location
}
