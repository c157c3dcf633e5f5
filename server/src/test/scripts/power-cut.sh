#!/usr/bin/env bash
# Cuts the power of a disk under a server, again and again; see io.ringtail.server.durability.PowerCut.
# Needs root, xfsprogs and what "mvn test-compile dependency:build-classpath" leaves behind.
#
#   power-cut.sh always|everysec [CUTS [SEED]]
set -euo pipefail

policy=${1:?"which policy: always or everysec?"}
cuts=${2:-10}
seed=${3:-$RANDOM}
[[ $(id -u) == 0 ]] || { echo "power-cut.sh: needs root, to mount" >&2; exit 1; }
command -v mkfs.xfs > /dev/null || { echo "power-cut.sh: needs mkfs.xfs (apt-get install xfsprogs)" >&2; exit 1; }

home=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/var/tmp}/power-cut.XXXXXX")
classpath=$work/classpath
trap 'rm -rf "$work"' EXIT
if [[ -n ${POWER_CUT_CLASSPATH:-} ]]; then
  printf '%s' "$POWER_CUT_CLASSPATH" > "$classpath"
else
  (cd "$home" && mvn -q -B -pl server -am test-compile dependency:build-classpath \
    -Dmdep.outputFile="$classpath" -Dmdep.includeScope=test)
  printf ':%s:%s' "$home/server/target/classes" "$home/server/target/test-classes" >> "$classpath"
fi
# Not exec: the trap cleans up.
"${JAVA_HOME:?"must name a JDK 25"}/bin/java" -cp "$(cat "$classpath")" \
  io.ringtail.server.durability.PowerCut "$work" "$policy" "$cuts" "$seed"
