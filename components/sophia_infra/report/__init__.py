"""A preview as a page and as a comment on a pull request: changes, what hangs on them, advice, what people can do."""

from sophia_infra.report.document import Preview, ReportError, read
from sophia_infra.report.gather import gather
from sophia_infra.report.journaled import Records
from sophia_infra.report.model import Report

__all__ = ["Preview", "Records", "Report", "ReportError", "gather", "read"]
