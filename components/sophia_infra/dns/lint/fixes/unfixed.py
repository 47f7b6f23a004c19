"""Why no edit mends some findings: what only a person knows. docs/rules.md says the same under each of these codes."""

REASONS: dict[str, str] = {
    "bimi-without-enforcement": "whether all of your senders pass DMARC, its reports tell you",
    "cloud-bucket-name": "the bucket has to be renamed at the provider",
    "cloud-name-unproven": "the proof is given out by the provider",
    "dkim-weak-key": "a new key comes from the sending system",
    "dmarc-report-unauthorized": "the record belongs in the other domain's zone",
    "ds-weak": "the zone below has to be signed with another algorithm first",
    "ds-without-ns": "whether the delegation was lost, only you know",
    "host-name-syntax": "the name that is meant, only you know",
    "idna-invalid": "the name that is meant, only you know",
    "mta-sts-without-host": "the policy has to be served first",
    "mta-sts-without-record": "whether the policy is ready for all senders, only you know",
    "ns-cycle": "the addresses of the servers, only you know",
    "ns-missing": "the name servers, only their operator knows",
    "ns-single": "it takes a second server in another network",
    "ptr-target-is-address": "the name of the host, only you know",
    "spf-private-only": "the servers' public addresses, only you know",
    "spf-ptr": "which of the servers send mail, only you know",
    "txt-set-too-large": "which records have served, only you know",
    "wildcard-misplaced": "the names that are meant, only you know",
}
