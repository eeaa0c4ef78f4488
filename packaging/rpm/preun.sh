# Only before a removal; an upgrade leaves the old process alone until the new program has read the configuration.
if [ "$1" -eq 0 ]; then
    if [ -d /run/systemd/system ]; then
        systemctl --no-reload disable --now vernemq.service >/dev/null 2>&1 || :
    elif vernemq ping >/dev/null 2>&1; then
        vernemq stop >/dev/null 2>&1 || :
    fi
fi
exit 0
