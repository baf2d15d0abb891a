"""Fitted classifiers as ONNX models, for programs without chainrule or without Python."""

from chainrule.export import image_operators as image_operators  # adds its operators to the table; not public
from chainrule.export.onnx_files import save_onnx
from chainrule.export.onnx_models import onnx_inputs, to_onnx
from chainrule.export.row_operators import onnx_operator

__all__ = ["onnx_inputs", "onnx_operator", "save_onnx", "to_onnx"]
