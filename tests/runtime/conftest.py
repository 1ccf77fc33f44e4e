"""What the tests of the runtime share."""

import structlog

structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=repr)])
