# Never starts anything: presets decide whether the unit is enabled, the administrator whether it runs.
/usr/lib64/vernemq/set-up vernemq || :
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload >/dev/null 2>&1 || :
fi
if [ "$1" -eq 1 ] && command -v systemctl >/dev/null; then
    systemctl --no-reload preset vernemq.service >/dev/null 2>&1 || :
fi
exit 0
