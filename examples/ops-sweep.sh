#!/bin/sh
# Sweeps the fleet: audit, plan, ask for approval, then apply exactly that plan. All
# reports go into one new folder.
#
#   AIXMEND_INVENTORY=/etc/aixmend/inventory.yaml AIXMEND_STATE=/var/lib/aixmend \
#     ops-sweep.sh FOLDER [flags of plan, such as --allow rsct-update]
#
# AIXMEND_INVENTORY and AIXMEND_LIMIT select the hosts. Without a terminal the script
# stops after the plan, unless SWEEP_YES=yes applies the plan without approval.
#
# The exit code is aixmend's; 3 also if the plan was saved but not applied.
set -eu

if [ $# -lt 1 ]; then
	echo "usage: ops-sweep.sh FOLDER [flags of plan]" >&2
	exit 2
fi
folder=$1
shift
umask 077
mkdir "$folder" # fails if the folder exists: it holds the reports of another sweep
plan=$folder/plan.json

# judged runs an aixmend command. 0 (healthy), 3 (a host needs a person) and 4 (hosts
# unreachable) continue the sweep; any other code is an error and stops it.
judged() {
	code=0
	"$@" || code=$?
	case $code in
	0 | 3 | 4) ;;
	*)
		echo "ops-sweep: stopped by exit code $code" >&2
		exit "$code"
		;;
	esac
}

judged aixmend audit --html "$folder/audit.html"
if [ "$code" -eq 0 ]; then
	echo "ops-sweep: nothing to do" >&2
	exit 0
fi

judged aixmend plan "$@" --out "$plan" >"$folder/plan.txt"
cat "$folder/plan.txt"
if [ "$code" -ne 3 ]; then
	echo "ops-sweep: the plan has no changes: see $folder/plan.txt" >&2
	exit "$code"
fi

if [ "${SWEEP_YES-}" != yes ]; then
	if [ ! -t 0 ]; then
		echo "ops-sweep: no terminal to ask on; once the plan is approved, run with the flags of the plan: aixmend recover --plan $plan" >&2
		exit 3
	fi
	printf "Apply exactly this plan? Type 'yes' to continue: " >&2
	read -r answer
	if [ "$answer" != yes ]; then
		echo "ops-sweep: not applied; to apply it later, run with the flags of the plan: aixmend recover --plan $plan" >&2
		exit 3
	fi
fi

# The flags of the plan are named again: its file can't decide on them.
# A host that has drifted since the plan is skipped. 6 (safety brake) and 8 (unknown
# whether a change happened) need a person immediately.
code=0
aixmend recover --plan "$plan" "$@" --yes --html "$folder/recover.html" || code=$?
case $code in
6 | 8) echo "ops-sweep: check the hosts before you do anything else (exit code $code)" >&2 ;;
130 | 143) echo "ops-sweep: interrupted; to continue, run: aixmend resume" >&2 ;;
esac
exit "$code"
