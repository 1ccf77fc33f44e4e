"""Every form that there is, by its callback id, which is also the action id that opens it."""

from collections.abc import Mapping
from typing import Final

from api.slack.forms.answer_forms import ANSWER_FORMS
from api.slack.forms.fact_forms import FACT_FORMS
from api.slack.forms.incident_forms import INCIDENT_FORMS
from api.slack.forms.kind import Kind
from api.slack.forms.step_forms import STEP_FORMS
from api.slack.forms.words_forms import WORDS_FORMS

KINDS: Final[Mapping[str, Kind]] = {**STEP_FORMS, **ANSWER_FORMS, **WORDS_FORMS, **FACT_FORMS, **INCIDENT_FORMS}
