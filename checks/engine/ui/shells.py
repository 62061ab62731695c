"""Completion scripts for shells: the Tab key after `python run_checks.py`.

Each script looks for run_checks.py among the words. Only if it is the very file of the kit that
wrote the script does it ask that kit what can come next: the Tab key never runs a file that merely
has this name. Everything else is left to what completed `python` before.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from checks.engine.paths import KIT

BASH = r"""
# What can come next after `python run_checks.py`, for the Tab key in bash.
_run_checks() {
  local IFS=$' \t\n' place script='' found
  for ((place = 1; place < COMP_CWORD; place++)); do
    case ${COMP_WORDS[place]} in
      -c | -m) break ;;
      -W | -X) ((place++)) ;;
      -*) ;;
      *) script=${COMP_WORDS[place]}; break ;;
    esac
  done
  script=${script//[\'\"\\]/}
  if [[ -z $script || ! ${script/#\~/$HOME} -ef @KIT@ ]]; then
    if [[ -n $_run_checks_before ]]; then $_run_checks_before "$@"; fi
    return
  fi
  COMPREPLY=()
  found=$(@PYTHON@ @KIT@ completion bash --typed \
    "${COMP_WORDS[@]:place+1:COMP_CWORD-place-1}" "=${2#[\'\"]}" 2>/dev/null) || return 0
  IFS=$'\n'
  case $found in
    :files*) ;;
    :folders*) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$2")) ;;
    *) compopt +o default 2>/dev/null; COMPREPLY=($found) ;;
  esac
}
if [[ -z $(complete -p python 2>/dev/null) ]]; then  # bash-completion loads it when it is asked to
  { _comp_load python || __load_completion python || _completion_loader python; } &>/dev/null
fi
_run_checks_found=$(complete -p python 2>/dev/null || complete -p -D 2>/dev/null)
if [[ $_run_checks_found =~ \ -F\ ([^ ]+) ]]; then
  case ${BASH_REMATCH[1]} in
    _run_checks | _comp_complete_load | _completion_loader) ;;
    *) _run_checks_before=${BASH_REMATCH[1]} ;;
  esac
fi
complete -o default -F _run_checks @NAMES@
"""

ZSH = r"""
# What can come next after `python run_checks.py`, for the Tab key in zsh.
_run_checks() {
  local place script='' found
  local -a lines
  for ((place = 2; place < CURRENT; place++)); do
    case $words[place] in
      -c | -m) break ;;
      -W | -X) ((place++)) ;;
      -*) ;;
      *) script=${(Q)words[place]}; break ;;
    esac
  done
  if [[ -z $script || ! ${script/#\~/$HOME} -ef @KIT@ ]]; then
    ${=_run_checks_before} "$@"
    return
  fi
  found=$(@PYTHON@ @KIT@ completion zsh --typed \
    "${(@Q)words[place+1,CURRENT-1]}" "=${(Q)PREFIX}" 2>/dev/null) || return 1
  case $found in
    '') return 1 ;;
    :files*) _files ;;
    :folders*) _files -/ ;;
    *) lines=("${(@f)found}"); _describe -V 'what can come next' lines ;;
  esac
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
if [[ $_comps[python] != _run_checks ]]; then
  _run_checks_before=${_comps[python]:-_default}
fi
compdef _run_checks @NAMES@
"""

FISH = r"""
# What can come next after `python run_checks.py`, for the Tab key in fish.
function __run_checks_words
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case -c -m
                return 1
            case -W -X
                set -e words[1]
            case '-*'
            case '*'
                set -l script (string replace -r '^~' $HOME -- $words[1])
                test "$(builtin realpath $script 2>/dev/null)" = @KIT@; or return 1
                set -e words[1]
                string join \n -- $words
                return 0
        end
        set -e words[1]
    end
    return 1
end
function __run_checks
    set -l words (__run_checks_words)
    set -l current (commandline -ct)
    set -l found (@PYTHON@ @KIT@ completion fish --typed $words "=$current" 2>/dev/null); or return
    switch "$found[1]"
        case ':files*'
            __fish_complete_path "$current"
        case ':folders*'
            __fish_complete_directories "$current"
        case '*'
            string join \n -- $found
    end
end
for name in @NAMES@
    complete -c $name -f -k -n '__run_checks_words >/dev/null' -a '(__run_checks)'
end
"""

POWERSHELL = r"""
# What can come next after `python run_checks.py`, for the Tab key in PowerShell.
Register-ArgumentCompleter -Native -CommandName @NAMES@ -ScriptBlock {
    param($word, $tree, $cursor)
    $words = @($tree.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursor } |
        ForEach-Object { if ($null -ne $_.Value) { "$($_.Value)" } else { "$_" } })
    $place = 0
    while ($place -lt $words.Count -and $words[$place] -like '-*') {
        if ($words[$place] -cin '-c', '-m') { return }
        if ($words[$place] -cin '-W', '-X') { $place++ }
        $place++
    }
    if ($place -ge $words.Count) { return }
    $script = Resolve-Path -LiteralPath $words[$place] -ErrorAction SilentlyContinue
    if ("$script" -ne @KIT@) { return }
    $before = @($words | Select-Object -Skip ($place + 1))
    $current = $word.Trim([char[]]"`"'")
    $found = & @PYTHON@ @KIT@ completion powershell --typed @before "=$current" 2>$null
    if ($LASTEXITCODE -ne 0) { return }
    foreach ($line in $found) {
        $name, $what = $line -split "`t", 2
        if ($name -like ':*') { return }
        if (-not $what) { $what = $name }
        [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $what)
    }
}
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH, "powershell": POWERSHELL}


def script(shell: str) -> str:
    """The completion script for a shell, for this Python and this kit."""
    quoted = QUOTES[shell]
    exact = f"python{sys.version_info.major}.{sys.version_info.minor}"
    names = ["python", "python3", exact, *(["py"] if shell == "powershell" else [])]
    between = ", " if shell == "powershell" else " "
    return (
        SCRIPTS[shell].lstrip("\n")
        .replace("@NAMES@", between.join(names))
        .replace("@PYTHON@", quoted(sys.executable))
        .replace("@KIT@", quoted(str(KIT / Path("run_checks.py"))))
    )  # fmt: skip


def line(shell: str, name: str, what: str) -> str:
    """A name and what it is, as the shell's script takes them."""
    if shell == "bash":
        return name if name.startswith(":") else shlex.quote(name)
    if shell == "zsh" and not name.startswith(":"):
        name = name.replace(":", "\\:")
        return f"{name}:{what}" if what else name
    return f"{name}\t{what}" if what else name


def in_fish(text: str) -> str:
    """A word in fish's quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def in_powershell(text: str) -> str:
    """A word in PowerShell's quotes."""
    return "'" + text.replace("'", "''") + "'"


QUOTES = {
    "bash": shlex.quote, "zsh": shlex.quote, "fish": in_fish, "powershell": in_powershell,
}  # fmt: skip
