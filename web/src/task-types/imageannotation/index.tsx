import { imageTaskType } from './image-task-type';

export const definition = imageTaskType('imageannotation');
