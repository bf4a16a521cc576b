"""Drawing people and scenes with numpy and OpenCV: a face is painted on a flat chart, wrapped around a head and lit.

From the ground up: `chart` (coordinates and brushes), `look` (who), `texture` (the skin), `head` (the solid), `person`
(head to shoulders on a transparent patch), `scene` (backgrounds, occluders, a camera's faults).
"""
