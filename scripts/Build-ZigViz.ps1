<#
.SYNOPSIS
Builds the 3-D viewer wnin-viz into wnin_desktop/viewer/bin, as an installation does by itself.

.DESCRIPTION
Needs uv only: the compiler and the headers come from PyPI into an environment of their own. Does nothing when
the viewer there is of the present sources. The exit code is 0, or 1 when it could not be built.

.PARAMETER Force
Build it even when the one there is of the present sources.

.PARAMETER SelfTest
Draw a known scene with it afterwards, and print what came of it as JSON.

.PARAMETER Backend
What to draw the known scene with: auto, vulkan, gl, dx12 or metal.

.EXAMPLE
.\scripts\Build-ZigViz.ps1 -SelfTest -Backend dx12
#>
[CmdletBinding(PositionalBinding = $false)]
param(
    [switch] $Force,
    [switch] $SelfTest,
    [ValidateSet('auto', 'vulkan', 'gl', 'dx12', 'metal')]
    [string] $Backend = 'auto'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

if (-not (Get-Command uv -ErrorAction SilentlyContinue)) {
    [Console]::Error.WriteLine('error: uv is not installed; `pip install uv` installs it.')
    exit 1
}

$packages = @('--no-project', '--python', '3.11', '--with', 'ziglang==0.16.0', '--with', 'wgpu==0.32.0')
$find = 'import pathlib, wgpu; print(next((pathlib.Path(wgpu.__file__).parent / "resources").glob("*wgpu_native*")))'

Push-Location (Split-Path -Parent $PSScriptRoot)
try {
    $folder = Join-Path 'wnin_desktop' 'viewer' | Join-Path -ChildPath 'bin'
    if ($Force) { Remove-Item -Path (Join-Path $folder 'wnin-viz.sha256') -ErrorAction SilentlyContinue }
    & uv run @packages python hatch_build.py
    if ($LASTEXITCODE -ne 0) { exit 1 }
    if ($SelfTest) {
        $name = if ([Environment]::OSVersion.Platform -eq 'Win32NT') { 'wnin-viz.exe' } else { 'wnin-viz' }
        $library = & uv run @packages python -c $find
        & (Join-Path $folder $name) --wgpu $library --selftest --backend $Backend
        exit $LASTEXITCODE
    }
}
finally {
    Pop-Location
}
