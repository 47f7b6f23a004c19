"""The root of every error this library raises on purpose.

SophiaError
├── dns.reader.ZoneTextError                            a master file or a record that can't be read
├── dns.importers.source.OriginError                    a zone that is not in an input, or has to be picked from several
├── dns.live.name_server.AskingError                    a name server that does not answer for the zone
├── esc.errors.EscError                                 an environment that can't be evaluated
│   └── esc.errors.AbsentError                          a path by which an environment has nothing, and may have
├── credentials.CredentialError                         a credential that is not there, or a reference to none
├── dns.backends.BackendError                           a zone that can't be read or written where it lives
│   ├── dns.backends.cloudflare.client.RefusedError     a request that Cloudflare refused
│   ├── dns.backends.cloudflare.client.UnansweredError  a request that may have been carried out
│   ├── dns.backends.namecheap.api.UnansweredError      the same at Namecheap
│   ├── dns.backends.namecheap.api.NoDomainError        a domain that is not in the account
│   └── dns.backends.namecheap.api.ThrottledError       more requests than the account may send
├── changes.EditingError                                a change that no declared file takes
├── changes.BaseMovedError                              what is live is no longer what the plan was made against
├── dns.live.change.LiveChangeError                     a change that makes no sense in the zone as it is
├── dns.ownership.OwnershipError                        a record that is asked for but is not this stack's to write
├── dns.lifecycle.departure.RemovalError                a zone that another resource may serve by now
├── dns.lifecycle.owners.ClaimError                     a zone that two resources want to manage as a whole
├── dns.patterns.PatternError                           a pattern that names nothing of the zone, or is unclear
├── clock.MovedError                                    an apply by a clock that SOPHIA_NOW moves
├── component.OptionError                              a resource option that does nothing on a component
├── dns.arguments.ArgumentError                         an argument of a zone that can't be used
├── dns.aliases.AliasError                              an ALIAS whose addresses can't be published
├── dns.spf.message.LookupFailedError                   a name that SPF asks for and that can't be looked up
├── dns.pools.pool.PoolError                            a pool that can't be used as it is described
├── changes.overrides.OverrideError                     an override that says too little or accepts too much
├── dns.staging.staged.StagingError                     a switch that can't be staged, though the program says so
├── advised.BeyondLimitsError                           a plan beyond the limits, or advised to be blocked
├── advised.PlanOvertakenError                          a saved plan that would do something else by now
├── tls.spec.ArgumentError                              an argument of a certificate that can't be used
├── tls.of_state.StateError                             a stack's state that can't be read, or lacks a certificate
├── tls.certificates.UnreadableError                    text that is not the certificate or request it should be
├── secrets.spec.ArgumentError                          an argument of a secret that can't be used
├── secrets.kinds.SecretError                           a step of a secret that can't be taken
├── delivery.OwnerError                                a user or group of a file that is not known here
├── delivery.places.DeliveryError                      a secret that can't be published where it is to be read
├── guard.GuardError                                    a guard that can't be set up, or an operation that it refuses
├── tls.deploy.DeployError                              a certificate that is not served as it should be
├── tls.issuers.IssuerError                             a certificate that can't be issued or looked up
├── advice.approval.ApprovalError                       advice that can't be approved
├── advice.approvals_file.ApprovalsFileError            a file of approvals that can't be read or shows something else
├── advice.autonomy.AutonomyError                       a level of autonomy that is not lowered, and so not raised
├── advice.travel.TravelError                           a file that is no exported advice
├── journal.JournalError                                a journal that can't be opened, or whose chain is broken
│   ├── journal.seal.SealError                           no key to seal rows with, or one that is too short
│   └── journal.pruning.PruneError                       rows of a journal that can't be moved into an archive
├── agent.chat.chat.ChatError                           a command of a chat that there is not
├── agent.execution.bound.ApprovalMovedError            an approval whose program, settings, state or plan moved
├── doctor.backend.StackError                           a stack whose state can't be read, or that is half-way
├── agent.execution.lease.LeaseError                    a stack that another run of the agent is at work on
├── agent.execution.proposal.PlanError                  operations that change nothing
├── agent.execution.runs.RunError                       a run that is not there, or that can't take a step
├── agent.loop.durable.DurableError                     a memory of where to go on that is not there, or can't be used
├── agent.operations.OperationError                     a change that is none of the vocabulary of the agent
├── agent.runtime.tools.ToolError                       a call by a model of a tool that does not take it
├── agent.specialists.ForeignError                      an operation that is proposed by who may not
├── agent.strategies.model.StrategyError                a wish that no strategy meets, or a strategy that is not there
├── engine_process.engine.EngineError                   an engine that can't be started, or that did not end well
├── report.document.ReportError                         what is no preview, or can't be made a page
├── serving.http.ServerError                            what a client of a server can't have
├── starter.placement.PlacingError                      files of a new stack that are there already
├── tls.probe.PlaceError                                a place to look at, or roots to trust, that can't be read
├── cli.terminal.UsageError                             a command line that can't be carried out as it is written
└── settings.SettingError                               a stack setting with a value that is not allowed
"""


class SophiaError(Exception):
    """An expected failure: its message names field, value, limit and way out, and needs no traceback.

    Attributes:
        code: which failure it is, in words that stay when the message changes: `backend`, `base-moved`.
            docs/errors.md has them all.
        field: the argument or setting to mend, such as `backend.path`; empty where it is about none.
        subject: what it is about beside: a record set such as `www A`, a name, a file or a server; else empty.
        value: what was found: a number, or a text that is not allowed or that a server answers; else None.
        limit: the number that `value` goes beyond; else None.
    """

    code = "error"

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "",
        field: str = "",
        subject: str = "",
        value: float | str | None = None,
        limit: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.field = field
        self.subject = subject
        self.value = value
        self.limit = limit
