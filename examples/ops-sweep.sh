#!/bin/sh
# A sweep of the fleet: look, plan, let a person look at the plan, apply exactly
# that plan. All evidence ends up in one new folder.
#
#   AIXMEND_INVENTORY=/etc/aixmend/inventory.yaml AIXMEND_STATE=/var/lib/aixmend \
#     ops-sweep.sh FOLDER [flags of plan, such as --allow rsct-update]
#
# Which hosts: AIXMEND_INVENTORY, AIXMEND_LIMIT. Without a terminal it stops behind
# the plan, unless SWEEP_YES=yes says that the plan needs no look.
#
# It ends with the exit code of aixmend; 3 also when a plan waits to be applied.
set -eu

if [ $# -lt 1 ]; then
	echo "usage: ops-sweep.sh FOLDER [flags of plan]" >&2
	exit 2
fi
folder=$1
shift
umask 077
mkdir "$folder" # a folder that is there is the evidence of another sweep
plan=$folder/plan.json

# judged runs a command that judges hosts. 0 is all well, 3 that a host needs
# something, 4 that some could not be reached: the sweep goes on with the others.
# All else is an error, and ends it.
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
	echo "ops-sweep: nothing can be changed: see $folder/plan.txt" >&2
	exit "$code"
fi

if [ "${SWEEP_YES-}" != yes ]; then
	if [ ! -t 0 ]; then
		echo "ops-sweep: nobody is here to ask; when the plan is approved: aixmend recover --plan $plan" >&2
		exit 3
	fi
	printf 'Apply exactly this plan? Only yes will do: ' >&2
	read -r answer
	if [ "$answer" != yes ]; then
		echo "ops-sweep: not applied; later: aixmend recover --plan $plan" >&2
		exit 3
	fi
fi

# A host that is not any more what the plan was made for is skipped. 6 is the brake,
# 8 a host of which it is not known what happened: both want a person at once.
code=0
aixmend recover --plan "$plan" --yes --html "$folder/recover.html" || code=$?
case $code in
6 | 8) echo "ops-sweep: look at the hosts before anything else is done (exit code $code)" >&2 ;;
130 | 143) echo "ops-sweep: interrupted; to go on with it: aixmend resume" >&2 ;;
esac
exit "$code"
