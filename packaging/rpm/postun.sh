# After an upgrade the old files are gone and the new program is in place: restart once, if it may.
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload >/dev/null 2>&1 || :
    if [ "$1" -ge 1 ] && systemctl --quiet is-active vernemq.service; then
        if /usr/lib64/vernemq/may-restart; then
            systemctl try-restart vernemq.service >/dev/null 2>&1 ||
                echo "vernemq: upgraded, but the broker did not start; see: systemctl status vernemq" >&2
        fi
    fi
fi
if [ "$1" -eq 0 ]; then
    # Folders are not in the list of the package; those that are empty now go. Configuration, data and log stay.
    for folder in /usr/lib64/vernemq /usr/share/vernemq/grafana /usr/share/vernemq/prometheus /usr/share/vernemq \
        /usr/share/doc/vernemq/examples /usr/share/doc/vernemq /usr/share/licenses/vernemq /etc/vernemq/conf.d; do
        rmdir "$folder" 2>/dev/null || :
    done
    if ! rmdir /var/lib/vernemq 2>/dev/null && [ -d /var/lib/vernemq ]; then
        echo "vernemq: /var/lib/vernemq was kept: it holds sessions and messages."
    fi
fi
exit 0
